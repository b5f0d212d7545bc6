#!/usr/bin/env node
require('./launch.cjs')('kafka-e2e-latency')
