@node "%~dp0..\kafka-metadata-quorum.sh" %*
