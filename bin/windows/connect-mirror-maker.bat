@node "%~dp0..\connect-mirror-maker.sh" %*
