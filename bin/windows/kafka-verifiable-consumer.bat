@node "%~dp0..\kafka-verifiable-consumer.sh" %*
