//! The one integration test binary: each module tests one part from outside.
mod architecture;
