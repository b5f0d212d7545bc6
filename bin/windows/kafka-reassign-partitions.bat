@node "%~dp0..\kafka-reassign-partitions.sh" %*
