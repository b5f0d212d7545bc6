#!/usr/bin/env node
require('./launch.cjs')('kafka', ['kafka-e2e-latency'])
