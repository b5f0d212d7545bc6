#!/usr/bin/env node
require('./launch.cjs')('kafka-log-dirs')
