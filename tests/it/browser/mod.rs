//! Whatever needs a browser is in this module: `RUNLEDGER_BROWSER=none` leaves it out as a whole, and two browsers run at once.

mod documentation;
mod harness;
mod ledger;
mod reader;
mod site;
