@node "%~dp0..\kafka-groups.sh" %*
