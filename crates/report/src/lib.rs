//! Pure functions from records to tables, SVG and HTML.
