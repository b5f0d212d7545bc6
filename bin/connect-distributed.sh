#!/usr/bin/env node
require('./launch.cjs')('kafka', ['connect-distributed'])
