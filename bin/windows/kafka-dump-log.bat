@node "%~dp0..\kafka-dump-log.sh" %*
