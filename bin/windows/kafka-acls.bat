@node "%~dp0..\kafka-acls.sh" %*
