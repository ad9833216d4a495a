//! Detection: rules over events, correlations in event time, alerts.

pub mod state;
