#!/usr/bin/env node
require('./launch.cjs')('kafka', ['kafka-producer-perf-test'])
