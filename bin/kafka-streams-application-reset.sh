#!/usr/bin/env node
require('./launch.cjs')('kafka', ['kafka-streams-application-reset'])
