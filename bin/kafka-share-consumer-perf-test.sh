#!/usr/bin/env node
require('./launch.cjs')('kafka-share-consumer-perf-test')
