# Prints the ids of the cases a spec file asks for, one per line. Runs in the test suite's own interpreter, 2.7 or 3.
import json
import sys

from autobahntestsuite.case import CaseBasename, CaseCategories, Cases, CaseSetname, CaseSubCategories
from autobahntestsuite.caseset import CaseSet

with open(sys.argv[1]) as spec:
    wanted = json.load(spec)
cases = CaseSet(CaseSetname, CaseBasename, Cases, CaseCategories, CaseSubCategories)
sys.stdout.write("\n".join(cases.parseSpecCases(wanted)) + "\n")
