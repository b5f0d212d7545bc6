@node "%~dp0..\zookeeper-server-stop.sh" %*
