@node "%~dp0..\kafka-console-producer.sh" %*
