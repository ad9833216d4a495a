//! The workbench from outside: key scripts, frames, and the real terminal.

mod dialogs;
mod fixture;
mod frames;
mod kept;
mod keys;
mod left_out;
mod mouse;
mod painting;
mod parts;
mod pty;
mod pty_speed;
mod rules_list;
mod screens;
mod term;
mod together;
mod told;
mod work;
mod workshop;
mod written;
