@node "%~dp0..\kafka-delete-records.sh" %*
