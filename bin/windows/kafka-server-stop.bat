@node "%~dp0..\kafka-server-stop.sh" %*
