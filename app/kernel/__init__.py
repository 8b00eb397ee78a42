"""What every domain stands on and no village word: transaction, events, access, errors, tables, clocks, crypto."""
