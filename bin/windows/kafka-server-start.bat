@node "%~dp0..\kafka-server-start.sh" %*
