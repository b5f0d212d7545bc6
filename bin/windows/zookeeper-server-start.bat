@node "%~dp0..\zookeeper-server-start.sh" %*
