#!/usr/bin/env python3
"""An AWS on this machine, for runs of the whole stack without an account.

ministack answers the API of AWS and runs `provided.al2023` functions as ordinary processes. Where it falls
short of what Lamplight relies on, the modules beside this file take the place of functions inside it;
README.md lists what they change and how to start this program.
"""

import cloudformation
import failed_invocations
import failures
import streams
import subscriptions
from ministack.app import main

if __name__ == "__main__":
    subscriptions.install()
    streams.install()
    failures.install()
    failed_invocations.install()
    cloudformation.install()
    main()
