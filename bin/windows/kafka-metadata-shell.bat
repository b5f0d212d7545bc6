@node "%~dp0..\kafka-metadata-shell.sh" %*
