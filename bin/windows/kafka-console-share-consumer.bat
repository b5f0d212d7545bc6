@node "%~dp0..\kafka-console-share-consumer.sh" %*
