#!/usr/bin/env node
require('./launch.cjs')('kafka', ['connect-mirror-maker'])
