//! Whatever needs a browser is in this module: `RUNLEDGER_BROWSER=none` leaves it out as a whole, and two browsers run at once.

mod documentation;
mod everywhere;
mod harness;
mod hostile;
mod ledger;
mod list;
mod live;
mod reader;
mod run;
mod sign_in;
mod site;
