@node "%~dp0..\kafka-share-groups.sh" %*
