#!/usr/bin/env node
require('./launch.cjs')('kafka-leader-election')
