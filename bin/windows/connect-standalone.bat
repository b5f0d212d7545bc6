@node "%~dp0..\connect-standalone.sh" %*
