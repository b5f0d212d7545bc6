@node "%~dp0..\kafka-storage.sh" %*
