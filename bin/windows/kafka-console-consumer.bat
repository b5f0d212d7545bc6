@node "%~dp0..\kafka-console-consumer.sh" %*
