/** What `cdk` runs: `cdk synth --context stage=small`. */
import { createApp } from './create-app.ts'

createApp().app.synth()
