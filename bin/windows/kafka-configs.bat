@node "%~dp0..\kafka-configs.sh" %*
