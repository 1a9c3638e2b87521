// Nothing to call: a program that links this target waits as waiting.c says.
#pragma once
