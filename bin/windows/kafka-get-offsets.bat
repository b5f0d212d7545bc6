@node "%~dp0..\kafka-get-offsets.sh" %*
