@node "%~dp0..\connect-distributed.sh" %*
