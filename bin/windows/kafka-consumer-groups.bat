@node "%~dp0..\kafka-consumer-groups.sh" %*
