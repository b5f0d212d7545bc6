@node "%~dp0..\kafka-jmx.sh" %*
