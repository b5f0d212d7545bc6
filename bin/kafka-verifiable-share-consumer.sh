#!/usr/bin/env node
require('./launch.cjs')('kafka-verifiable-share-consumer')
