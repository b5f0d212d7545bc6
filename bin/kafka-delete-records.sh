#!/usr/bin/env node
require('./launch.cjs')('kafka-delete-records')
