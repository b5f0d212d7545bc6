@node "%~dp0..\kafka-verifiable-producer.sh" %*
