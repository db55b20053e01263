"""The words of HTTP that the services speak: who calls, what a problem looks like, pages, rates, repetitions. No server in here."""
