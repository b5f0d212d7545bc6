@node "%~dp0..\kafka-topics.sh" %*
