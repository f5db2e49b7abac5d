#!/usr/bin/env python3
"""What the original program's functional tests ask of it, by numbers of
reference behaviour (ETH, ARP, IC4, IC6, TCP, UDP, HTTP, …), asked of ours.

    classic.py OUR-MAC OUR-IPV4 OUR-IPV6 NOT-OURS DENIED

Prints one line a check: "ok NAME" or "not ok NAME: WHY".
"""

import sys

from classic_client import CHECKS
import classic_stack  # noqa: F401: adds its checks, and so does the next
import classic_protocols  # noqa: F401


def main():
    failed = False
    for test in CHECKS:
        name = test.__name__.replace("_", " ")
        try:
            test()
            print("ok", name, flush=True)
        except Exception as error:  # of any kind: it is the report
            failed = True
            where = error.__traceback__.tb_next
            while where.tb_next:
                where = where.tb_next
            reason = f"{type(error).__name__} in line {where.tb_lineno}: {error}"
            print("not ok", f"{name}: {reason}", flush=True)
    return failed


sys.exit(main())
