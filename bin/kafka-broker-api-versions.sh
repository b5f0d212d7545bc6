#!/usr/bin/env node
require('./launch.cjs')('kafka-broker-api-versions')
