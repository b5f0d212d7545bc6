@node "%~dp0..\kafka-cluster.sh" %*
