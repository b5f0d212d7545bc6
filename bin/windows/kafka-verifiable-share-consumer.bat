@node "%~dp0..\kafka-verifiable-share-consumer.sh" %*
