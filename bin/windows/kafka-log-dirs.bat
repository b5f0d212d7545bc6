@node "%~dp0..\kafka-log-dirs.sh" %*
