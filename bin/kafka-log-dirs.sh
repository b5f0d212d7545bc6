#!/usr/bin/env node
require('./launch.cjs')('kafka', ['kafka-log-dirs'])
