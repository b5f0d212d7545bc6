@node "%~dp0..\kafka-features.sh" %*
